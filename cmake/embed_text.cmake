# peo_embed_text(TARGET NAMESPACE HEADER DIRECTORY PATTERN…): compiles text files into TARGET. HEADER (included by that name)
# then declares, inside NAMESPACE, one std::string_view per file, named as the file without its extension (a name that starts
# with a digit gets a leading "_"), and `all`, the files with their names in order.
# peo_embed_sql(TARGET NAMESPACE HEADER DIRECTORY): the same for every *.sql of DIRECTORY, without `all`, so that several
# directories can share a namespace.
function(peo_embed_files target namespace header directory with_all)
  set(files "")
  foreach(pattern IN LISTS ARGN)
    file(GLOB found CONFIGURE_DEPENDS ${directory}/${pattern})
    list(APPEND files ${found})
  endforeach()
  list(SORT files)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
  get_filename_component(stem ${header} NAME_WE)
  set(source ${generated}/${stem}.cpp)
  add_custom_command(
    OUTPUT ${source} ${generated}/${header}
    COMMAND ${CMAKE_COMMAND} -DNAMESPACE=${namespace} -DWITH_ALL=${with_all} -DHEADER=${generated}/${header} -DINCLUDE=${header}
            -DSOURCE=${source} "-DFILES=${files}" -P ${PROJECT_SOURCE_DIR}/cmake/write_text.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/write_text.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${source} ${generated}/${header})
  target_include_directories(${target} PUBLIC ${generated})
endfunction()

function(peo_embed_text target namespace header directory)
  peo_embed_files(${target} ${namespace} ${header} ${directory} ON ${ARGN})
endfunction()

function(peo_embed_sql target namespace header directory)
  peo_embed_files(${target} ${namespace} ${header} ${directory} OFF *.sql)
endfunction()
