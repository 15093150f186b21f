# seg_module(NAME [TORCH] [USES module...] [LINK library...]): the library seg_NAME from src/NAME.
# seg_cuda(NAME): SEG_CUDA is defined in its sources, and its kernels, src/NAME/cuda/*.cu, are compiled; where LibTorch has CUDA.
# seg_embed(NAME HEADER constant=FILE...): text files as std::string_view constants of seg_NAME; HEADER declares them.
# seg_protobuf(NAME FILE.proto): its messages for seg_NAME; FILE is below src, and so is FILE.pb.h.
# seg_app(NAME module...): the program NAME from apps/NAME.cpp; installed.
# seg_python(NAME module): the library NAME from python/operators.cpp, which python/segtrain loads; built only by name.
# seg_completion(NAME...): completion of these programs in bash, build/completion/segtrain; installed.
# seg_manual(NAME...): manual pages from what the programs say of themselves, where there is help2man; installed.

add_library(seg_flags INTERFACE)
# GCC 13 and later take every function from reference to reference for one that may return its argument.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
  target_compile_options(seg_flags INTERFACE -Wno-dangling-reference)
endif()
target_compile_options(seg_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Werror)
if(SEG_SANITIZE)
  set(sanitizers ${SEG_SANITIZE})
  if(SEG_SANITIZE STREQUAL "address")
    string(APPEND sanitizers ",undefined -fno-sanitize-recover=undefined")
  endif()
  separate_arguments(sanitizers UNIX_COMMAND "-fsanitize=${sanitizers}")
  target_compile_options(seg_flags INTERFACE ${sanitizers} -fno-omit-frame-pointer)
  target_link_options(seg_flags INTERFACE ${sanitizers})
  # Their stack traces need lines alone; all that a debugger wants takes long to compile.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
endif()

# What every program allocates with; the sanitizers bring their own.
add_library(seg_allocator INTERFACE)
if(NOT SEG_SANITIZE)
  # By itself: elsewhere the compiler must not see into operator new, and from a library the linker would prefer jemalloc's.
  add_library(seg_allocator_object OBJECT src/base/allocator.cpp)
  target_include_directories(seg_allocator_object PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(seg_allocator_object PRIVATE seg_flags)
  target_sources(seg_allocator INTERFACE $<TARGET_OBJECTS:seg_allocator_object>)
  # Nothing calls jemalloc by name, so the linker would drop it.
  target_link_libraries(seg_allocator INTERFACE -Wl,--push-state,--no-as-needed PkgConfig::JEMALLOC -Wl,--pop-state)
endif()

# How the threads of the programs that compute wait. Sanitizers begin in the same place, and their builds do without.
add_library(seg_wait_policy INTERFACE)
if(NOT SEG_SANITIZE)
  add_library(seg_wait_policy_object OBJECT src/base/wait_policy.cpp)
  target_link_libraries(seg_wait_policy_object PRIVATE seg_flags)
  target_sources(seg_wait_policy INTERFACE $<TARGET_OBJECTS:seg_wait_policy_object>)
endif()

# LibTorch's headers as system headers, so that warnings are errors for our own code alone.
add_library(seg_torch INTERFACE)
target_include_directories(seg_torch SYSTEM INTERFACE ${SEG_HEADERS_BEFORE_TORCH} ${TORCH_INCLUDE_DIRS})
target_link_libraries(seg_torch INTERFACE ${TORCH_LIBRARIES})
separate_arguments(seg_torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(seg_torch INTERFACE ${seg_torch_flags})
# at::parallel_for is inline, and without OpenMP it is a loop of one thread. The library is the one that LibTorch itself has, or there would be two
# teams of threads. The thread sanitizer does not know it.
if(NOT SEG_SANITIZE STREQUAL "thread")
  target_compile_options(seg_torch INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fopenmp>)
  find_library(SEG_OPENMP NAMES libgomp.so.1 gomp HINTS ${TORCH_INSTALL_PREFIX}/lib PATHS ${CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES} REQUIRED)
  target_link_libraries(seg_torch INTERFACE ${SEG_OPENMP})
endif()

function(seg_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TORCH" "" "USES;LINK")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  list(REMOVE_ITEM sources ${PROJECT_SOURCE_DIR}/src/base/allocator.cpp ${PROJECT_SOURCE_DIR}/src/base/wait_policy.cpp)  # of the programs
  if(NOT SEG_CUDA)
    list(FILTER sources EXCLUDE REGEX "/cuda/[^/]+\\.cpp$")
  endif()
  add_library(seg_${name} STATIC ${sources})
  target_include_directories(seg_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(seg_${name} PRIVATE seg_flags)
  if(arg_TORCH)
    target_link_libraries(seg_${name} PUBLIC seg_torch)
    seg_precompile(seg_${name})
  endif()
  foreach(used IN LISTS arg_USES)
    target_link_libraries(seg_${name} PUBLIC seg_${used})
  endforeach()
  if(arg_LINK)
    target_link_libraries(seg_${name} ${arg_LINK})
  endif()
endfunction()

function(seg_cuda name)
  if(NOT SEG_CUDA)
    return()
  endif()
  target_compile_definitions(seg_${name} PUBLIC SEG_CUDA)
  target_include_directories(seg_${name} SYSTEM PRIVATE ${SEG_NCCL_INCLUDE})
  file(GLOB kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/cuda/*.cu)
  if(NOT kernels)
    return()
  endif()
  add_library(seg_${name}_cuda STATIC ${kernels})
  target_include_directories(seg_${name}_cuda PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_options(seg_${name}_cuda PRIVATE -arch=${SEG_CUDA_ARCH} --expt-relaxed-constexpr -Xcompiler=-Wall -Werror=all-warnings)
  # Architectures stand in the flags, since CMake knows none that are newer than itself; nor does Debian 12's know C++20 for nvcc. Kernels of one name
  # in several files are compiled apart, which CMake 3.31 would not do by itself.
  set_target_properties(seg_${name}_cuda PROPERTIES CUDA_STANDARD 17 CUDA_ARCHITECTURES OFF CUDA_RUNTIME_LIBRARY Shared UNITY_BUILD OFF)
  target_link_libraries(seg_${name} PRIVATE seg_${name}_cuda)
endfunction()

function(seg_embed name header)
  set(output ${CMAKE_BINARY_DIR}/embedded/${name}.cpp)
  list(TRANSFORM ARGN REPLACE "^[A-Za-z]+=" "" OUTPUT_VARIABLE files)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
  add_custom_command(OUTPUT ${output} DEPENDS ${files} ${script} VERBATIM
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DHEADER=${header} "-DTEXTS=${ARGN}" -P ${script})
  target_sources(seg_${name} PRIVATE ${output})
endfunction()

# A library of its own: our warnings are not for generated code.
function(seg_protobuf name file)
  set(folder ${CMAKE_BINARY_DIR}/protobuf)
  string(REGEX REPLACE "\\.proto$" "" stem ${folder}/${file})
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${stem}.pb.cc ${stem}.pb.h DEPENDS ${PROJECT_SOURCE_DIR}/src/${file} VERBATIM
    COMMAND ${SEG_PROTOC} --proto_path=${PROJECT_SOURCE_DIR}/src --cpp_out=${folder} ${file})
  add_library(seg_${name}_messages STATIC ${stem}.pb.cc ${stem}.pb.h)
  target_include_directories(seg_${name}_messages SYSTEM PUBLIC ${folder})
  target_link_libraries(seg_${name}_messages PUBLIC PkgConfig::PROTOBUF)
  target_link_libraries(seg_${name} PRIVATE seg_${name}_messages)
endfunction()

# One precompiled header for every target with LibTorch: made by seg_pch, used by the others.
function(seg_precompile target)
  if(NOT TARGET seg_pch)
    seg_pch_target(seg_pch ${PROJECT_SOURCE_DIR}/src/core/pch.hpp seg_torch ${OpenCV_LIBS} nlohmann_json::nlohmann_json spdlog::spdlog)
  endif()
  target_compile_options(${target} PRIVATE -Winvalid-pch)
  # The header was compiled with these libraries' definitions, so its users need them too.
  target_link_libraries(${target} PRIVATE ${OpenCV_LIBS} nlohmann_json::nlohmann_json spdlog::spdlog)
  target_precompile_headers(${target} REUSE_FROM seg_pch)
endfunction()

# A library that holds nothing but the precompiled `header`.
function(seg_pch_target name header)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/pch/${name}.cpp CONTENT "// Carries the precompiled header.\n")
  add_library(${name} STATIC ${CMAKE_BINARY_DIR}/pch/${name}.cpp)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_compile_options(${name} PRIVATE -Winvalid-pch)
  target_link_libraries(${name} PRIVATE seg_flags ${ARGN})
  target_precompile_headers(${name} PRIVATE ${header})
endfunction()

function(seg_app name)
  add_executable(${name} apps/${name}.cpp)
  install(TARGETS ${name} RUNTIME)
  target_link_libraries(${name} PRIVATE seg_flags seg_allocator spdlog::spdlog)
  foreach(module IN LISTS ARGN)
    target_link_libraries(${name} PRIVATE seg_${module})
    get_target_property(links seg_${module} INTERFACE_LINK_LIBRARIES)
    if("seg_torch" IN_LIST links)
      target_link_libraries(${name} PRIVATE seg_wait_policy)
    endif()
  endforeach()
endfunction()

function(seg_python name module)
  set(folder ${CMAKE_BINARY_DIR}/lib)
  add_library(${name} MODULE EXCLUDE_FROM_ALL python/operators.cpp)
  set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${folder})
  # The process has other libraries of ours or of others, so only the one function of this library is visible.
  target_link_options(${name} PRIVATE -Wl,--as-needed -Wl,--exclude-libs,ALL)
  target_link_libraries(${name} PRIVATE seg_flags seg_${module})
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" version "${Torch_VERSION}")
  file(CONFIGURE OUTPUT ${folder}/torch_version CONTENT "${version}\n")
endfunction()

function(seg_completion)
  set(output ${CMAKE_BINARY_DIR}/completion/segtrain)
  set(script ${PROJECT_SOURCE_DIR}/cmake/completion.cmake)
  set(template ${PROJECT_SOURCE_DIR}/apps/completion.bash)
  list(TRANSFORM ARGN REPLACE ".+" "$<TARGET_FILE:\\0>" OUTPUT_VARIABLE programs)
  add_custom_command(OUTPUT ${output} DEPENDS ${ARGN} ${script} ${template} VERBATIM
    COMMAND ${CMAKE_COMMAND} "-DPROGRAMS=${programs}" -DSCRIPT=${template} -DOUTPUT=${output} -P ${script})
  add_custom_target(seg_completion ALL DEPENDS ${output})
  # bash-completion looks for a file of the program's name.
  set(folder share/bash-completion/completions)
  install(FILES ${output} DESTINATION ${folder})
  list(REMOVE_ITEM ARGN segtrain)
  foreach(name IN LISTS ARGN)
    set(link ${CMAKE_BINARY_DIR}/completion/${name})
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/completion)
    file(CREATE_LINK segtrain ${link} SYMBOLIC)
    install(FILES ${link} DESTINATION ${folder})
  endforeach()
endfunction()

function(seg_manual)
  find_program(HELP2MAN help2man)
  if(NOT HELP2MAN)
    return()
  endif()
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/man)
  # Its line for whatis: what --help says first, up to the first stop or colon.
  set(page [[name=$("$1" --help | sed "/^Usage:/,\$d" | paste -sd " " | sed "s/[.:].*//"); help2man --no-info --name="$name" --output="$2" "$1" && gzip -9nf "$2"]])
  foreach(name IN LISTS ARGN)
    set(output ${CMAKE_BINARY_DIR}/man/${name}.1)
    add_custom_command(OUTPUT ${output}.gz DEPENDS ${name} VERBATIM COMMAND sh -c "${page}" sh $<TARGET_FILE:${name}> ${output})
    list(APPEND pages ${output}.gz)
  endforeach()
  add_custom_target(seg_manual ALL DEPENDS ${pages})
  install(FILES ${pages} DESTINATION share/man/man1)
endfunction()
