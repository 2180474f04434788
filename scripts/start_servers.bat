@echo off
rem The classic stacks that run on Windows, as local processes, until Ctrl-C. Arguments go to `stackduel serve`.
call "%~dp0setup.bat" servers || exit /b
"%~dp0..\.venv\Scripts\stackduel.exe" serve %*
