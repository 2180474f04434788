@echo off
rem Called by the other scripts with the extras they need: makes .venv and installs into it.
if not defined PYTHON set "PYTHON=python"
%PYTHON% -c "import sys; sys.exit(sys.version_info < (3, 11))" || (echo stackduel needs Python 3.11 or newer; set PYTHON 1>&2 & exit /b 2)
if not exist .venv\Scripts\python.exe (echo making .venv & %PYTHON% -m venv .venv || exit /b 1)
echo installing stackduel[%~1] into .venv
.venv\Scripts\python.exe -m pip install --quiet --disable-pip-version-check --editable ".[%~1]" || exit /b 1
