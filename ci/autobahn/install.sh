#!/usr/bin/env bash
# install.sh FOLDER: the real Autobahn test suite, ready to run by FOLDER/python.
#
# Autobahn 25.10.1 runs on CPython 2.7 only. That is pyenv's 2.7.18 where it is, else a python2.7
# of the system, else Debian bullseye's packages, unpacked into FOLDER without installing them.
# HYBI_PYTHON2=unpack forces the last, HYBI_PYTHON2=PATH names an interpreter.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
folder=$1
version=25.10.1
if [[ $(cat "$folder/version" 2>/dev/null) == "$version" ]] && "$folder/python" -c 'import autobahntestsuite'; then
    exit 0
fi
say "Autobahn $version"
rm -rf "$folder"
mkdir -p "$folder"

# A python2.7 that can make the environment: it has ssl, and its headers for the C extension.
usable() {
    "$1" -c 'import os, ssl, sys, sysconfig
include = sysconfig.get_paths()["include"]
sys.exit(sys.version_info[:2] != (2, 7) or not os.path.exists(include + "/Python.h"))' 2>/dev/null
}

find_python2() {
    local candidate
    for candidate in "${HYBI_PYTHON2:-}" "$(pyenv root 2>/dev/null)/versions/2.7.18/bin/python" \
        "$HOME/.pyenv/versions/2.7.18/bin/python" /usr/bin/python2.7; do
        if [[ -x $candidate ]] && usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

# Unpacks python2.7 and what it needs from the mirror that this machine uses, by an apt of its own
# lists, cache and status, so that the system's packages stay as they are.
unpack_python2() {
    local state=$folder/apt mirror deb
    need_command cc gcc libc6-dev
    apt-get update -qq
    # shellcheck disable=SC2016 # apt's own variable
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' 'Component: main' \
        'Created-By: Packages' | head -1)
    [[ $mirror ]] || die 'no Debian mirror among the apt sources'
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    touch "$state/status"
    echo "deb $mirror bullseye main" >"$state/sources.list"
    local apt=(apt-get -qq -o "Dir::Etc::SourceList=$state/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o "Dir::State::Lists=$state/lists" -o "Dir::State::Status=$state/status"
        -o "Dir::Cache=$state/cache" -o APT::Sandbox::User=root)
    "${apt[@]}" update
    (cd "$state" && "${apt[@]}" download python2.7 python2.7-minimal libpython2.7 libpython2.7-dev \
        libpython2.7-minimal libpython2.7-stdlib libssl1.1 libffi7)
    for deb in "$state"/*.deb; do dpkg -x "$deb" "$folder/root"; done
    rm -rf "$state"
}

libraries=''
python2=$(find_python2)
if [[ ${HYBI_PYTHON2:-} == unpack || -z $python2 ]]; then
    unpack_python2
    python2=$folder/root/usr/bin/python2.7
    libraries=$folder/root/usr/lib/$(uname -m)-linux-gnu
    export CFLAGS="-I$folder/root/usr/include/python2.7 -I$folder/root/usr/include"
    export LD_LIBRARY_PATH=$libraries
fi
echo "python2: $python2"

# The last virtualenv that knows Python 2.7. LD_LIBRARY_PATH is for Python 2 alone.
LD_LIBRARY_PATH='' need_venv virtualenv virtualenv==20.21.1
"$CACHE/virtualenv/bin/virtualenv" -q -p "$python2" "$folder/env"
"$folder/env/bin/python" -m pip install -q --no-python-version-warning --disable-pip-version-check \
    "autobahntestsuite==$version"

cat >"$folder/python" <<START
#!/bin/sh
${libraries:+export LD_LIBRARY_PATH=$libraries}
exec "$folder/env/bin/python" "\$@"
START
chmod +x "$folder/python"
"$folder/python" -c 'import autobahntestsuite'
echo "$version" >"$folder/version"
