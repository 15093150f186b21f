"""segtrain: train, evaluate and compare losses for semantic segmentation. segtrain.losses has the losses for PyTorch."""
