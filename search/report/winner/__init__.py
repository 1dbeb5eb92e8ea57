"""The winner's section: one file a question that is asked of a trained model."""
