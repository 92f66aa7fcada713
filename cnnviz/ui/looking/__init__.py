"""The page on the inside of trained networks: the browser draws, and asks past Streamlit what it needs."""
