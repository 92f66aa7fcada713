"""Compare: networks side by side, what they cost, and what is different between two of them."""

import streamlit as st

from cnnviz.ui import counting
from cnnviz.ui.compare import contestants, exports, views

compared = contestants.chosen()
if not compared.keys:
    st.info("Nothing is compared yet. Search a network above, or take one of the sets.")
    st.stop()
counting.unfit()
views.comparison(compared.keys, exports.keep_up)
