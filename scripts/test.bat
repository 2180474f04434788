@echo off
rem Sets itself up, builds the models, and runs every test that this machine can run. Arguments go to pytest.
rem Without arguments it runs the tests that only wait or compute two at a time, then the others one at a time.
cd /d "%~dp0.."
call "%~dp0setup.bat" "servers,service,database,inference,profile,encodings,dev" || exit /b
.venv\Scripts\ruff.exe check . || exit /b 1
.venv\Scripts\ruff.exe format --check . || exit /b 1
.venv\Scripts\mypy.exe || exit /b 1
.venv\Scripts\python.exe -m stackduel_servers.models build || exit /b 1
if not "%~1"=="" (
  .venv\Scripts\python.exe -m pytest %*
  exit /b
)
set status=0
.venv\Scripts\python.exe -m pytest -n 2 --dist worksteal --group covered || set status=1
.venv\Scripts\python.exe -m pytest --group engine || set status=1
.venv\Scripts\python.exe -m pytest --group apart || set status=1
.venv\Scripts\python.exe -m pytest --group uncovered || set status=1
.venv\Scripts\python.exe -m pytest --group measured || set status=1
.venv\Scripts\python.exe -m pytest --group alone || set status=1
exit /b %status%
