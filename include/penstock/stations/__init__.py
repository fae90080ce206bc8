"""The four stations of a file: plan, load, seal, build; `run` takes all of them."""
