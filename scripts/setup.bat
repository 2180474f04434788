@echo off
rem Called by the other scripts with the extras they need: makes .venv and installs into it, once for each state of the
rem files that say what to install. The working folder stays the user's.
if not defined PYTHON (set "STACKDUEL_PYTHON=python") else (set "STACKDUEL_PYTHON=%PYTHON%")
%STACKDUEL_PYTHON% -c "import sys; sys.exit(sys.version_info < (3, 11))" || (echo stackduel needs Python 3.11 or newer; set PYTHON 1>&2 & exit /b 2)
%STACKDUEL_PYTHON% "%~dp0environment.py" "%~1" || exit /b
