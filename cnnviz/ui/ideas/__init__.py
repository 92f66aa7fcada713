"""The page Ideas: an index of cards, and one screen for each idea.

`frame.py` is the page around them, `workbench.py` and `browser.py` what Python sends to the browser and
hears from it. The screen of an idea is a module here of the idea's name with `live(idea)`, which reads
the values of the link, makes one cached call and draws; it is a fragment, so that nothing else runs
again. In the browser `assets/NAME.js` draws from the same values and calls `it.change({...})` for
whatever is moved; `assets/kit.js` has sliders, choices, axes and handles, `assets/tex.js` formulas.
"""
