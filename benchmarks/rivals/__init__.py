"""Other people's solvers on our problems, each modelled as somebody who knows it well would do it."""
