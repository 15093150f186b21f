# Text files as C++ constants: cmake -DOUTPUT=FILE.cpp -DHEADER=NAME -DTEXTS=kName=FILE;... -P embed.cmake
# HEADER declares the constants.
set(source "#include \"${HEADER}\"\n\nnamespace seg {\n")
foreach(text IN LISTS TEXTS)
  string(REGEX MATCH "^([A-Za-z]+)=(.*)$" matched "${text}")
  set(name ${CMAKE_MATCH_1})
  file(READ "${CMAKE_MATCH_2}" content)
  string(APPEND source "\nconstinit const std::string_view ${name} = R\"embedded_text(${content})embedded_text\";\n")
endforeach()
file(WRITE "${OUTPUT}" "${source}\n}  // namespace seg\n")
