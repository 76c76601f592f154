# SPDX-License-Identifier: Apache-2.0
#
# cpack makes RPMs and tarballs of what is installed; Debian packages are debhelper's, see
# packaging/debian. packaging/build-rpm calls it in such a way that the result is always the same.
install(FILES LICENSE README.md CHANGELOG.md KNOWN_ISSUES.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Where people look for one on Debian, beside docs/autoreg.example.yaml.
install(FILES docs/autoreg.example.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples
  RENAME autoreg.yaml)

# Debug symbols, which packaging/build-rpm takes out of the programs. CPACK_RPM_DEBUGINFO_PACKAGE is
# not for us: it looks for sources by what stands in the symbols, which must not tell where they lay.
install(DIRECTORY ${PROJECT_BINARY_DIR}/symbols/ DESTINATION lib/debug/usr/bin
  COMPONENT symbols OPTIONAL)

set(CPACK_GENERATOR RPM TGZ)
set(CPACK_PACKAGE_VENDOR autoreg)
set(CPACK_PACKAGE_CONTACT "autoreg maintainers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Agent that registers Windows Autopilot devices in bulk")
set(CPACK_PACKAGE_DESCRIPTION "autoreg takes device lists of any format, proves each hardware hash in
them, registers the devices with Microsoft Partner Center or a maker's service,
and follows each until the service has said what became of it.")
set(CPACK_COMPONENTS_ALL Unspecified symbols)

set(version ${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_PACKAGE_FILE_NAME autoreg-${version})
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_ARCHIVE_UNSPECIFIED_FILE_NAME autoreg-${version})
set(CPACK_ARCHIVE_SYMBOLS_FILE_NAME autoreg-debuginfo-${version})

set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_MAIN_COMPONENT Unspecified)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE Apache-2.0)
set(CPACK_RPM_UNSPECIFIED_PACKAGE_GROUP "System Environment/Daemons")
set(CPACK_RPM_UNSPECIFIED_PACKAGE_REQUIRES "ca-certificates, systemd") # rpm finds the libraries
set(CPACK_RPM_SYMBOLS_PACKAGE_NAME autoreg-debuginfo)
set(CPACK_RPM_SYMBOLS_PACKAGE_SUMMARY "Debug symbols of autoreg")
set(CPACK_RPM_SYMBOLS_PACKAGE_DESCRIPTION "What a debugger wants to know of the programs of autoreg.")
set(CPACK_RPM_SYMBOLS_PACKAGE_GROUP Development/Debug)
set(CPACK_RPM_SYMBOLS_PACKAGE_AUTOREQPROV " no")

# Folders that are the system's, not the package's.
foreach(folder lib/debug lib/debug/usr lib/debug/usr/bin lib/systemd lib/systemd/catalog
    lib/systemd/system lib/sysusers.d lib/tmpfiles.d share/bash-completion
    share/bash-completion/completions share/doc share/fish share/fish/vendor_completions.d share/man
    share/man/man1 share/man/man5 share/man/man7 share/man/man8 share/zsh share/zsh/site-functions)
  list(APPEND CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION ${CMAKE_INSTALL_PREFIX}/${folder})
endforeach()

foreach(moment POST_INSTALL PRE_UNINSTALL POST_UNINSTALL)
  string(TOLOWER ${moment} script)
  set(CPACK_RPM_Unspecified_${moment}_SCRIPT_FILE ${PROJECT_SOURCE_DIR}/packaging/rpm/${script})
endforeach()

# Neither who built it, where, nor when, stands in the package.
set(CPACK_RPM_SPEC_MORE_DEFINE "%define _buildhost reproducible
%define use_source_date_epoch_as_buildtime 1
%define clamp_mtime_to_source_date_epoch 1
%define _build_id_links none")

include(CPack)
