"""The domain of a production-line defect predictor: values in, values out; knows no framework."""
