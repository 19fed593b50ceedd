#!/bin/sh
# Sees that a Chromium is there for the browser tests, with a font that has Chinese.
set -eu
found() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
if [ -n "${CHROMIUM:-}" ] || found >/dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests (once) ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null
fi
found >/dev/null 2>&1 || {
    echo "The browser tests need Chromium. Install it (apt-get install chromium fonts-noto-cjk) or name it in CHROMIUM." >&2
    exit 1
}
