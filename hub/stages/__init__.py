"""One stage per file: a function from exchange to exchange that raises a coded error. Order: `hub.pipeline`."""
