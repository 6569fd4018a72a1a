#!/usr/bin/env bash
# make.sh NEW-FOLDER: certificates for tests, made anew each time so that none is ever too old.
#
#   ca.pem          the root that tests trust       other-ca.pem  one that nobody trusts
#   ec p384 rsa rsa4096 ed25519
#                   good: localhost, 127.0.0.1, ::1 and 10.0.2.2 (which is 127.0.0.1 as a guest of
#                   QEMU's sees it), valid now
#   chained         good, by an authority under the root; with that one's certificate
#   wronghost       good, but for example.invalid
#   untrusted       good, but by the other root     selfsigned    by itself, not a CA
#   expired notyet  by the root, outside their dates
#   forclients      by the root, not for servers
#   leafsigned      by the root's good leaf `ec`, which is no authority; with that one's certificate
#   weak            by the root, RSA of 1024 bits
#   client client-p384 client-ed25519 client-rsa
#                   for a client to show
#
# Each leaf is NAME.pem and NAME.key (PKCS#8).
set -euo pipefail
mkdir -p "$1"
cd "$1"

san='subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1,IP:10.0.2.2'
leaf='basicConstraints=critical,CA:FALSE'

key() { # NAME KIND
    case $2 in
    rsa) openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1.key" ;;
    rsa[0-9]*) openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa}" -out "$1.key" ;;
    p384) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out "$1.key" ;;
    ed25519) openssl genpkey -algorithm ED25519 -out "$1.key" ;;
    *) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" ;;
    esac 2>/dev/null
}

root() { # NAME
    key "$1" ec
    openssl req -x509 -new -key "$1.key" -subj "/CN=hybi test $1" -days 30 -out "$1.pem" \
        -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign'
}

# signed NAME KIND ROOT EXTENSION… [-- START END]: `openssl ca` is what can set both dates.
signed() {
    local name=$1 kind=$2 root=$3 start end
    shift 3
    key "$name" "$kind"
    : >"$name.ext"
    while (($#)) && [[ $1 != -- ]]; do
        echo "$1" >>"$name.ext"
        shift
    done
    start=${2:-$(date -u -d '-1 day' +%Y%m%d%H%M%SZ)}
    end=${3:-$(date -u -d '+30 days' +%Y%m%d%H%M%SZ)}
    openssl req -new -key "$name.key" -subj "/CN=hybi test $name" -out "$name.csr"
    mkdir "$name.db"
    touch "$name.db/index"
    cat >"$name.cnf" <<CONF
[ca]
default_ca = tests
[tests]
database = $name.db/index
new_certs_dir = $name.db
rand_serial = yes
default_md = default
policy = any
[any]
commonName = supplied
CONF
    openssl ca -batch -notext -config "$name.cnf" -cert "$root.pem" -keyfile "$root.key" \
        -in "$name.csr" -extfile "$name.ext" -startdate "$start" -enddate "$end" \
        -out "$name.pem" 2>"$name.log" || { cat "$name.log" >&2 && exit 1; }
    rm -r "$name.ext" "$name.csr" "$name.cnf" "$name.db" "$name.log"
}

root ca
root other-ca
server='extendedKeyUsage=serverAuth'
for kind in ec p384 rsa rsa4096 ed25519; do signed $kind $kind ca "$san" "$leaf" "$server"; done
signed middle p384 ca 'basicConstraints=critical,CA:TRUE'
signed chained rsa middle "$san" "$leaf" "$server"
cat middle.pem >>chained.pem
signed leafsigned ec ec "$san" "$leaf" "$server"
cat ec.pem >>leafsigned.pem
signed forclients ec ca "$san" "$leaf" 'extendedKeyUsage=clientAuth'
signed weak rsa1024 ca "$san" "$leaf" "$server"
signed wronghost ec ca 'subjectAltName=DNS:example.invalid' "$leaf" "$server"
signed untrusted ec other-ca "$san" "$leaf" "$server"
signed expired ec ca "$san" "$leaf" "$server" -- 20200101000000Z 20210101000000Z
signed notyet ec ca "$san" "$leaf" "$server" -- \
    "$(date -u -d '+20 days' +%Y%m%d%H%M%SZ)" "$(date -u -d '+30 days' +%Y%m%d%H%M%SZ)"
signed client ec ca "$leaf" 'extendedKeyUsage=clientAuth'
for kind in p384 ed25519 rsa; do
    signed client-$kind $kind ca "$leaf" 'extendedKeyUsage=clientAuth'
done
key selfsigned ec
openssl req -x509 -new -key selfsigned.key -subj '/CN=hybi test selfsigned' -days 30 \
    -out selfsigned.pem -addext "$san" -addext "$leaf" -addext "$server"
