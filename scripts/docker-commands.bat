@echo off
rem The Docker side in six words. "set ALL=1" takes the control, inference, service and Triton stacks in, "set MONITORING=1"
rem Prometheus and Grafana; further arguments go to the command.
setlocal
cd /d "%~dp0.."
set "COMPOSE=docker compose"
docker compose version >nul 2>&1 || set "COMPOSE=docker-compose"
set "STACKS=%COMPOSE% --profile controls --profile extended --profile inference --profile service --profile triton"
set "EVERY=%STACKS% --profile monitoring"
set "CHOSEN=%COMPOSE%"
if "%ALL%"=="1" set "CHOSEN=%STACKS%"
if "%MONITORING%"=="1" set "CHOSEN=%CHOSEN% --profile monitoring"
if "%MONITORING%"=="1" if not defined STACKDUEL_METRICS set "STACKDUEL_METRICS=on"

set "WORD=%~1"
set "REST="
:collect
shift
if not "%~1"=="" (set "REST=%REST% %1" & goto collect)

if "%WORD%"=="build" (%CHOSEN% build%REST% & goto end)
if "%WORD%"=="up" (%CHOSEN% up --build -d%REST% & goto end)
if "%WORD%"=="benchmark" (call "%~dp0setup.bat" servers || exit /b
  .venv\Scripts\python.exe benchmarks\benchmark_docker.py%REST% & goto end)
if "%WORD%"=="logs" (%EVERY% logs%REST% & goto end)
if "%WORD%"=="stats" (for /f %%i in ('%EVERY% ps -q') do docker stats --no-stream %%i
  goto end)
if "%WORD%"=="down" (%EVERY% down --remove-orphans%REST% & goto end)
echo usage: scripts\docker-commands.bat build^|up^|benchmark^|logs^|stats^|down [ARGUMENT...] 1>&2
exit /b 2
:end
exit /b %ERRORLEVEL%
