#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The bill of materials of a Debian package: SPDX 2.3 as JSON, on standard output.

usage: sbom.py PACKAGE.deb

It names the package with its files, and the packages of all shared libraries that its programs ask
for, as they are on this machine: run it where the package was built. The same package on the same
machine gives the same document. SOURCE_DATE_EPOCH is the time that it bears.
"""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

# Short names of licences in Debian's copyright files that SPDX spells in another way.
SPDX_NAMES = {
    "BSD-2-clause": "BSD-2-Clause",
    "BSD-3-clause": "BSD-3-Clause",
    "Expat": "MIT",
    "GPL-2+": "GPL-2.0-or-later",
    "GPL-3+": "GPL-3.0-or-later",
    "LGPL-2+": "LGPL-2.0-or-later",
    "LGPL-2.1": "LGPL-2.1-only",
    "LGPL-2.1+": "LGPL-2.1-or-later",
    "LGPL-3+": "LGPL-3.0-or-later",
}
SAME_NAMES = {"Apache-2.0", "ISC", "MIT", "Zlib", "curl"}


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout


def checksums(path, *algorithms):
    data = path.read_bytes()
    return [{"algorithm": a, "checksumValue": hashlib.new(a, data).hexdigest()} for a in algorithms]


def licence_of(package):
    """What most of the package is under, if its copyright file says it to programs."""
    path = pathlib.Path("/usr/share/doc", package, "copyright")
    found = re.search(r"^Files: *\*\n(?:.+\n)*?License: *(\S+)\n", path.read_text("utf-8"), re.M)
    name = found[1] if found else ""
    return SPDX_NAMES.get(name) or (name if name in SAME_NAMES else "NOASSERTION")


def identifier(kind, name):
    return f"SPDXRef-{kind}-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def package_entry(kind, name, version, architecture, source, **more):
    return {
        "SPDXID": identifier(kind, name),
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "licenseConcluded": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "sourceInfo": f"built from {source}",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/{urllib.parse.quote(name)}@"
                                f"{urllib.parse.quote(version)}?arch={architecture}",
        }],
        **more,
    }


def own_entry(deb, paths):
    name, version, architecture = output_of(
        "dpkg-deb", "--show", "--showformat=${Package} ${Version} ${Architecture}", deb).split()
    sums = sorted(checksums(p, "SHA1")[0]["checksumValue"] for p in paths)
    return package_entry(
        "Package", name, version, architecture, f"{name} {version}",
        packageFileName=deb.name,
        checksums=checksums(deb, "SHA256"),
        filesAnalyzed=True,
        packageVerificationCode={
            "packageVerificationCodeValue": hashlib.sha1("".join(sums).encode()).hexdigest()},
        licenseDeclared="Apache-2.0")


def file_entries(root, paths):
    return [{
        "SPDXID": identifier("File", str(p.relative_to(root))),
        "fileName": f"./{p.relative_to(root)}",
        "checksums": checksums(p, "SHA1", "SHA256"),
        "licenseConcluded": "NOASSERTION",
        "copyrightText": "NOASSERTION",
    } for p in paths]


def needed_by(paths):
    """The names of the shared libraries that programs among the files ask the loader for."""
    programs = [p for p in paths if p.read_bytes()[:4] == b"\x7fELF"]
    found = set()
    for program in programs:
        found |= set(re.findall(r"\(NEEDED\).*\[(.+)\]", output_of("readelf", "--dynamic", program)))
    return sorted(found)


def library_path(name):
    """Where the loader finds it, as dpkg knows the path: /usr/lib may be written without /usr."""
    found = re.search(rf"^\s{re.escape(name)} .* => (\S+)$", output_of("/sbin/ldconfig", "-p"), re.M)
    path = found[1]
    return path[len("/usr"):] if path.startswith("/usr/lib") else path


def library_entries(names):
    """One for each package that holds some of the libraries."""
    held = {}
    for name in names:
        path = library_path(name)
        owner = output_of("dpkg", "--search", f"*{path}").split(": ")[0]
        held.setdefault(owner, []).append(name)
    for owner, libraries in sorted(held.items()):
        name, version, architecture, source, source_version = output_of(
            "dpkg-query", "--show", "--showformat=${Package} ${Version} ${Architecture} "
            "${source:Package} ${source:Version}", owner).split()
        yield package_entry(
            "Package", name, version, architecture, f"{source} {source_version}",
            filesAnalyzed=False, licenseDeclared=licence_of(name),
            comment="holds " + ", ".join(libraries))


def relation(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def document(deb):
    with tempfile.TemporaryDirectory() as folder:
        output_of("dpkg-deb", "--extract", deb, folder)
        paths = sorted(p for p in pathlib.Path(folder).rglob("*") if p.is_file() and not p.is_symlink())
        own = own_entry(deb, paths)
        files = file_entries(pathlib.Path(folder), paths)
        libraries = list(library_entries(needed_by(paths)))
    digest = own["checksums"][0]["checksumValue"]
    moment = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": deb.stem,
        "documentNamespace": f"https://spdx.org/spdxdocs/{deb.stem}-{digest}",
        "creationInfo": {
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", moment),
            "creators": ["Tool: autoreg-packaging/sbom.py"],
        },
        "documentDescribes": [own["SPDXID"]],
        "packages": [own, *libraries],
        "files": files,
        "relationships": [
            relation("SPDXRef-DOCUMENT", "DESCRIBES", own["SPDXID"]),
            *(relation(own["SPDXID"], "CONTAINS", f["SPDXID"]) for f in files),
            *(relation(own["SPDXID"], "DYNAMIC_LINK", p["SPDXID"]) for p in libraries),
        ],
    }


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    json.dump(document(pathlib.Path(arguments[0])), sys.stdout, indent=1, sort_keys=True)
    print()


main(sys.argv[1:])
