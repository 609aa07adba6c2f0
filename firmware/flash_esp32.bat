@echo off
rem Builds this firmware with ESP-IDF, flashes it onto an ESP32-CAM and shows what it says.
rem
rem   flash_esp32.bat [PORT]     PORT such as COM5; without one ESP-IDF looks for a board
rem   set VARIANT=4bit           before it: over sdkconfig.defaults also sdkconfig.4bit (or rev3)
setlocal
cd /d "%~dp0"

if not "%~2"=="" (
  echo flash_esp32: takes one argument at most, the serial port 1>&2
  exit /b 1
)

where idf.py >nul 2>nul
if not errorlevel 1 goto found
if "%IDF_PATH%"=="" (
  echo flash_esp32: ESP-IDF was not found: start the "ESP-IDF 5.5 CMD" from the start menu, or set IDF_PATH to where it is 1>&2
  exit /b 1
)
if not exist "%IDF_PATH%\export.bat" (
  echo flash_esp32: %IDF_PATH% is no ESP-IDF: it has no export.bat 1>&2
  exit /b 1
)
call "%IDF_PATH%\export.bat" >nul
where idf.py >nul 2>nul
if errorlevel 1 (
  echo flash_esp32: %IDF_PATH% is there but not set up: run its install.bat esp32 1>&2
  exit /b 1
)

:found
set DEFAULTS=sdkconfig.defaults
set FOLDER=build
if "%VARIANT%"=="" goto build
if not exist "sdkconfig.%VARIANT%" (
  echo flash_esp32: there is no sdkconfig.%VARIANT%; VARIANT is 4bit or rev3 1>&2
  exit /b 1
)
set "DEFAULTS=sdkconfig.defaults;sdkconfig.%VARIANT%"
set FOLDER=build-%VARIANT%

:build
rem A configuration of its own for each variant: ESP-IDF keeps what was first made from the defaults.
set BUILD=idf.py -B "%FOLDER%" -D "SDKCONFIG=%FOLDER%/sdkconfig" -D "SDKCONFIG_DEFAULTS=%DEFAULTS%"
call %BUILD% build
if errorlevel 1 (
  echo flash_esp32: the build failed; the compiler's messages are above 1>&2
  exit /b 1
)
echo In a rack, the same build goes onto a board with: npx tokenrack flash firmware/%FOLDER% --board ID
set PORT=
if not "%~1"=="" set PORT=-p %~1
call %BUILD% %PORT% flash monitor
if errorlevel 1 (
  echo flash_esp32: flashing failed: close whatever else has the port open, feed 5 V, or hold IO0 to GND while you press reset 1>&2
  exit /b 1
)
