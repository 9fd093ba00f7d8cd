"""What a trained model is worth: its predictions as a table, and their scores."""
