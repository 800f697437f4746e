"""Certificates for servers of tests, made by openssl."""
import subprocess


def certificate(place, name, issuer=None, host="DNS:localhost"):
    """NAME.pem and NAME.key; without an issuer it signs itself, as an authority does. host: as in subjectAltName."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
             "-keyout", place / f"{name}.key", "-out", place / f"{name}.pem", "-subj", f"/CN={name}"]
    if issuer:
        words += ["-CA", place / f"{issuer}.pem", "-CAkey", place / f"{issuer}.key", "-addext", "basicConstraints=critical,CA:FALSE",
                  "-addext", f"subjectAltName={host}"]
    subprocess.run(list(map(str, words)), check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
