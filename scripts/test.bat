@echo off
rem Sets itself up, builds the models, and runs every test that this machine can run. Arguments go to pytest.
cd /d "%~dp0.."
call scripts\setup.bat servers,inference,dev || exit /b 1
.venv\Scripts\ruff.exe check . || exit /b 1
.venv\Scripts\ruff.exe format --check . || exit /b 1
.venv\Scripts\mypy.exe || exit /b 1
.venv\Scripts\python.exe -m stackduel_servers.models build || exit /b 1
.venv\Scripts\python.exe -m pytest %*
