@echo off
rem Sets itself up, builds the models, and runs every test that this machine can run. Arguments go to pytest.
rem Without arguments it runs the tests that only wait or compute two at a time, then those that measure time alone.
cd /d "%~dp0.."
call scripts\setup.bat servers,inference,dev || exit /b 1
.venv\Scripts\ruff.exe check . || exit /b 1
.venv\Scripts\ruff.exe format --check . || exit /b 1
.venv\Scripts\mypy.exe || exit /b 1
.venv\Scripts\python.exe -m stackduel_servers.models build || exit /b 1
if not "%~1"=="" (
  .venv\Scripts\python.exe -m pytest %*
  exit /b
)
set status=0
.venv\Scripts\python.exe -m pytest -n 2 --dist worksteal -m "not alone and not performance" || set status=1
.venv\Scripts\python.exe -m pytest -m "alone and not performance" || set status=1
exit /b %status%
