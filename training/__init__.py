"""How the reader that the package ships was trained: ``python -m training.train_reader``."""
