@echo off
rem The performance suite of a service, health check first: scripts\service.bat measures the music service in each framework,
rem scripts\service.bat URL a server that runs already. Ends with 1 if a threshold is broken. Further arguments go to
rem `stackduel run service`: scripts\service.bat http://127.0.0.1:8000 --thresholds strict.toml --json
setlocal
call "%~dp0setup.bat" "servers,service" || exit /b
set "STACKDUEL=%~dp0..\.venv\Scripts\stackduel.exe"
set "URL=%~1"
if not "%URL:~0,4%"=="http" goto ours
"%~dp0..\.venv\Scripts\python.exe" "%~dp0health.py" "%URL%" || exit /b
shift
set "REST="
:collect
if "%~1"=="" goto measure
set "REST=%REST% %1"
shift
goto collect
:measure
"%STACKDUEL%" run service --url "%URL%" %REST%
exit /b
:ours
"%STACKDUEL%" verify --stacks service-fastapi 1>&2 || exit /b
"%STACKDUEL%" run service --stacks service-fastapi %*
