"""The pages, one module per noun; each is a plain function of a visit."""
