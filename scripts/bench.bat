@echo off
rem The main job on local processes, no Docker needed. Arguments go to `stackduel run`; files among them, and the folder
rem results, are in the folder that it is called from.
call "%~dp0setup.bat" servers || exit /b
if not defined VIRTUAL_ENV set "STACKDUEL_ACTIVATE=%~dp0..\.venv\Scripts\activate.bat"
"%~dp0..\.venv\Scripts\stackduel.exe" run %*
