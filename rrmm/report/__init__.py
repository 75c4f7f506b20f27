"""What is taken home: pictures, slides, documents, sentences, code."""
