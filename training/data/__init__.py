"""Reading, cleaning and splitting of labelled examples."""
