"""The app: the only code of the package that imports streamlit."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
# Where `app.py`, `pages/` and `.streamlit/` lie: inside an installed wheel, else at the top of the checkout.
APP_FOLDER = _PACKAGE / "_app" if (_PACKAGE / "_app").is_dir() else _PACKAGE.parent
# The order of things on a narrow screen, which no layout of Streamlit's can say.
PHONE_STYLE = f"<style>{(_PACKAGE / 'ui' / 'phone.css').read_text(encoding='utf-8')}</style>"
