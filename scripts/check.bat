@echo off
rem Lint, format and types, without the tests.
cd /d "%~dp0.."
call "%~dp0setup.bat" "servers,service,database,inference,profile,encodings,dev" || exit /b
.venv\Scripts\ruff.exe check . || exit /b 1
.venv\Scripts\ruff.exe format --check . || exit /b 1
.venv\Scripts\mypy.exe
