"""Where Home Assistant meets the engine; the only package that knows both."""
