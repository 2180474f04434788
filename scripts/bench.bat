@echo off
rem The main job on local processes, no Docker needed. Arguments go to `stackduel run`.
cd /d "%~dp0.."
call scripts\setup.bat servers || exit /b 1
.venv\Scripts\stackduel.exe run %*
