"""Losses of all weights in one vector, which is taken apart by sizes."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def network_cost(nn_params, input_size, hidden_size, num_labels, X, y, lambda_=0.0):
    count = hidden_size * (input_size + 1)
    first = np.reshape(nn_params[:count], (hidden_size, input_size + 1))
    second = np.reshape(nn_params[count:], (num_labels, hidden_size + 1))
    m = X.shape[0]
    a1 = np.concatenate([np.ones((m, 1)), X], axis=1)
    hidden = sigmoid(a1 @ first.T)
    a2 = np.concatenate([np.ones((m, 1)), hidden], axis=1)
    a3 = sigmoid(a2 @ second.T)
    rows = np.eye(num_labels)[y]
    J = -np.sum(rows * np.log(a3) + (1 - rows) * np.log(1 - a3)) / m
    J += lambda_ / (2 * m) * (np.sum(first[:, 1:] ** 2) + np.sum(second[:, 1:] ** 2))
    d3 = a3 - rows
    d2 = (d3 @ second)[:, 1:] * hidden * (1 - hidden)
    first_grad, second_grad = d2.T @ a1 / m, d3.T @ a2 / m
    first_grad[:, 1:] += lambda_ / m * first[:, 1:]
    second_grad[:, 1:] += lambda_ / m * second[:, 1:]
    return J, np.concatenate([first_grad.ravel(), second_grad.ravel()])


def filtering_cost(params, Y, R, num_users, num_movies, num_features):
    X = params[: num_movies * num_features].reshape(num_movies, num_features)
    theta = params[num_movies * num_features :].reshape(num_users, num_features)
    error = (X @ theta.T - Y) * R
    grad = np.concatenate([(error @ theta).ravel(), (error.T @ X).ravel()])
    return 0.5 * np.sum(error**2), grad


def wrong_softmax_cost(params, dimensions, X, labels):
    D, H, C = dimensions
    first, second = params[: D * H].reshape(D, H), params[D * H :].reshape(H, C)
    hidden = np.tanh(X @ first)
    powers = np.exp(hidden @ second)
    p = powers / powers.sum(axis=1, keepdims=True)
    d = p - labels
    grad = np.concatenate([(X.T @ (d @ second.T * (1 - hidden))).ravel(), (hidden.T @ d).ravel()])
    return -np.sum(labels * np.log(p)), grad
