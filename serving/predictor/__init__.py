"""The Open Inference Protocol V2 server of a bundle, on KServe's ModelServer."""
