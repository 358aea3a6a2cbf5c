# `cpack` in a build folder makes two Debian packages: wsfsm, and libwsfsm-dev for programs that embed it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The wsfsm authors")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program development)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "${PROJECT_DESCRIPTION}")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME wsfsm)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION vcs)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
# STRICT tables and RETURNING; the symbols alone do not tell.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "libsqlite3-0 (>= 3.37)")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "bubblewrap, git")

set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Library and headers of wsfsm")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libwsfsm-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "libgit2-dev, libjansson-dev, libsodium-dev, libsqlite3-dev, libyaml-dev, zlib1g-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "wsfsm (= ${PROJECT_VERSION})")
include(CPack)
