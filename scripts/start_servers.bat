@echo off
rem The classic stacks that run on Windows, as local processes, until Ctrl-C. Arguments go to `stackduel serve`.
cd /d "%~dp0.."
call scripts\setup.bat servers || exit /b 1
.venv\Scripts\stackduel.exe serve %*
