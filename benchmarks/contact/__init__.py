"""Made, labelled contact clips, and what trains and measures the judge on them."""
