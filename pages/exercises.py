"""Exercises: questions on a network, or on small random ones, that a link brings to a whole class."""

import streamlit as st

from cnnviz.ui import exercise, exercise_set, link_problems, links

link_problems.show(links.chosen())
place = st.container()  # on a projector the question comes first
exercises = exercise_set.chosen_set(links.chosen())
if exercises is None:
    st.stop()

if links.presenting():
    with place:
        exercise.presented(exercises)
else:
    exercise.quiz(exercises)
