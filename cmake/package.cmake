# What an installation consists of, and the Debian package (scripts/package). The target package_files makes what is derived
# from the program: manual page, completions, changelog.
include(GNUInstallDirs)
set(made ${PROJECT_BINARY_DIR}/package)
# A program for another architecture runs by the emulator, if there is one (scripts/package-for).
set(program ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:paper-engine-orders>)
list(JOIN program "' '" program_line)
set(debian ${PROJECT_SOURCE_DIR}/deploy/debian)
# To Debian, 1.0.0~rc1 is older than 1.0.0, but 1.0.0-rc1 is newer.
string(REPLACE "-" "~" CPACK_DEBIAN_PACKAGE_VERSION ${PEO_VERSION})
add_custom_target(package_files
  COMMAND ${CMAKE_COMMAND} -E make_directory ${made}
  COMMAND bash -c "'${debian}/man-page' '${program_line}' | gzip -9n > paper-engine-orders.1.gz"
  COMMAND bash -c "'${debian}/changelog' ${CPACK_DEBIAN_PACKAGE_VERSION} | gzip -9n > changelog.gz"
  COMMAND bash -c "gzip -9nc '${PROJECT_SOURCE_DIR}/CHANGELOG.md' > CHANGELOG.md.gz"
  COMMAND ${program} completion bash > completion.bash
  COMMAND ${program} completion zsh > completion.zsh
  COMMAND ${program} completion fish > completion.fish
  WORKING_DIRECTORY ${made}
  DEPENDS paper-engine-orders VERBATIM)
file(MAKE_DIRECTORY ${made})

set(documents ${CMAKE_INSTALL_DATADIR}/doc/paper-engine-orders)
install(TARGETS paper-engine-orders)
install(FILES ${made}/paper-engine-orders.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${made}/changelog.gz ${made}/CHANGELOG.md.gz ${debian}/copyright README.md DESTINATION ${documents})
install(FILES docs/operations.md DESTINATION ${documents})
install(FILES config.env.sample DESTINATION ${documents}/examples)
install(FILES deploy/postgresql/roles.sql DESTINATION ${documents}/examples/postgresql)
install(FILES deploy/prometheus/alerts.yml DESTINATION ${documents}/examples/prometheus)
install(DIRECTORY deploy/grafana/dashboards DESTINATION ${documents}/examples/grafana)
install(FILES ${debian}/default DESTINATION ${CMAKE_INSTALL_DATADIR}/paper-engine-orders)
install(FILES ${made}/completion.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME paper-engine-orders)
install(FILES ${made}/completion.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _paper-engine-orders)
install(FILES ${made}/completion.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
        RENAME paper-engine-orders.fish)
install(FILES deploy/systemd/paper-engine-orders.service DESTINATION lib/systemd/system)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "The maintainers of paper-engine-orders <maintainers@users.noreply.r-seed-bcdf43c7.example>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, passwd, tzdata")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "postgresql, prometheus")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${debian}/prerm;${debian}/postinst;${debian}/postrm")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "loader of AWS DMS files from S3 into PostgreSQL")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Loads the files that AWS DMS writes to an S3 bucket (a full load,
then changes, as gzipped CSV or Parquet) into PostgreSQL: in order,
each exactly once. After each file it publishes over NATS what
changed. Prometheus metrics and a status page show how it is doing.

The service is installed, but neither enabled nor started: set its
bucket and its database in /etc/default/paper-engine-orders first.")
include(CPack)
