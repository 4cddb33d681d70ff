"""Layers over an abstract base that keeps what they need."""

from abc import ABC, abstractmethod


class Operation(ABC):
    def forward(self, input_):
        self.input_ = input_
        self.output = self._output()
        return self.output

    def backward(self, output_grad):
        assert self.output.shape == output_grad.shape
        self.input_grad = self._input_grad(output_grad)
        assert self.input_.shape == self.input_grad.shape
        return self.input_grad

    @abstractmethod
    def _output(self):
        raise NotImplementedError

    @abstractmethod
    def _input_grad(self, output_grad):
        raise NotImplementedError


class Square(Operation):
    def _output(self):
        return self.input_**2

    def _input_grad(self, output_grad):
        return 2 * self.input_ * output_grad


class Reciprocal(Operation):
    def _output(self):
        return 1 / self.input_

    def _input_grad(self, output_grad):
        return output_grad / self.input_**2


class ParamOperation(Operation):
    def __init__(self, param):
        self.param = param

    def backward(self, output_grad):
        self.input_grad = self._input_grad(output_grad)
        self.param_grad = self._param_grad(output_grad)
        return self.input_grad

    @abstractmethod
    def _param_grad(self, output_grad):
        raise NotImplementedError


class WeightMultiply(ParamOperation):
    def _output(self):
        return self.input_ @ self.param

    def _input_grad(self, output_grad):
        return output_grad @ self.param.T

    def _param_grad(self, output_grad):
        return self.input_.T @ output_grad
