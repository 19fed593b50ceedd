#!/bin/sh
# Collects every text of code and pages into the catalogues; translations that still fit are kept.
set -eu
cd "$(dirname "$0")/../.."
pot=$(mktemp)
trap 'rm -f "$pot"' EXIT
pybabel --quiet extract -F babel.cfg -k N_ -k _l --no-location --sort-output --project Wrenchway -o "$pot" .
for language in zh_Hans_CN; do
    file=web/translations/$language/LC_MESSAGES/messages.po
    if [ -f "$file" ]; then
        pybabel --quiet update --no-fuzzy-matching --ignore-obsolete --omit-header -i "$pot" -o "$file" -l "$language"
    else
        mkdir -p "$(dirname "$file")"
        pybabel --quiet init -i "$pot" -o "$file" -l "$language"
    fi
done
