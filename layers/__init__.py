"""Reference layers in the manner of Deep Learning from Scratch: `forward`, `backward`, and nothing else."""
