@echo off
rem Flamegraph of a stack under load: scripts\profile.bat [SECONDS] [FILE.svg] [STACK], such as scripts\profile.bat 60 out.svg
rem Default: 30 seconds, profile.svg, fastapi-uvicorn. Further arguments go to `stackduel profile`:
rem scripts\profile.bat 60 out.svg flask-waitress --path /health
setlocal
call "%~dp0setup.bat" "servers,profile" || exit /b
set "SECONDS=%~1"
if "%SECONDS%"=="" set "SECONDS=30"
set "SVG=%~2"
if "%SVG%"=="" set "SVG=profile.svg"
set "STACK=%~3"
if "%STACK%"=="" set "STACK=fastapi-uvicorn"
shift
shift
shift
set "REST="
:collect
if "%~1"=="" goto profile
set "REST=%REST% %1"
shift
goto collect
:profile
"%~dp0..\.venv\Scripts\stackduel.exe" profile "%STACK%" --seconds "%SECONDS%" --svg "%SVG%" %REST%
