# What cmake --install copies besides the programs, and the Debian package: scripts/package.sh, or cpack -G DEB in the build folder.

# Where find_shipped (src/base/files.hpp) looks for recipes and class tables, from the programs' folder.
install(DIRECTORY configs data DESTINATION share/segtrain FILES_MATCHING PATTERN "*.yaml")
# The pages refer to each other as they lie in the source folder.
install(FILES README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md CITATION.cff LICENSE cmake/copyright DESTINATION share/doc/segtrain)
install(DIRECTORY docs DESTINATION share/doc/segtrain FILES_MATCHING PATTERN "*.md" PATTERN "*.png" PATTERN "*.svg")
install(FILES configs/README.md DESTINATION share/doc/segtrain/configs)
install(FILES data/README.md DESTINATION share/doc/segtrain/data)

# Debian's form of a list of changes; without a time in it, so that packages are the same.
execute_process(COMMAND gzip -9n INPUT_FILE ${PROJECT_SOURCE_DIR}/cmake/changelog OUTPUT_FILE ${PROJECT_BINARY_DIR}/changelog.gz COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${PROJECT_BINARY_DIR}/changelog.gz DESTINATION share/doc/segtrain)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME segtrain)
set(CPACK_PACKAGE_VENDOR "The segtrain authors")
set(CPACK_PACKAGE_CONTACT "The segtrain authors <segtrain@localhost>" CACHE STRING "Maintainer of the package")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)  # dependencies by what the programs are linked with; needs dpkg-dev
# A threaded BLAS: LibTorch is content with the slow reference one. Certificates, for downloads of weights.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libopenblas0-pthread, bash-completion, ca-certificates")
# Below the project's own line.
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Trains DeepLabV3, DeepLabV3+ and DDRNet from one YAML file, with cross entropy, recall
loss and others, on SYNTHIA, Cityscapes, CamVid or folders of images; scores
and compares runs, predicts images and videos, exports networks as ONNX.")
include(CPack)
