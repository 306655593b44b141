# peo_embed_sql(TARGET NAMESPACE HEADER DIRECTORY): compiles every *.sql of DIRECTORY into TARGET.
# HEADER (included by that name) then declares, inside NAMESPACE, one std::string_view per file, named as
# the file without ".sql" (a name that starts with a digit gets a leading "_"), and `all`, the files
# with their names in order.
function(peo_embed_sql target namespace header directory)
  file(GLOB files CONFIGURE_DEPENDS ${directory}/*.sql)
  list(SORT files)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
  get_filename_component(stem ${header} NAME_WE)
  set(source ${generated}/${stem}.cpp)
  add_custom_command(
    OUTPUT ${source} ${generated}/${header}
    COMMAND ${CMAKE_COMMAND} -DNAMESPACE=${namespace} -DHEADER=${generated}/${header} -DINCLUDE=${header}
            -DSOURCE=${source} "-DFILES=${files}" -P ${PROJECT_SOURCE_DIR}/cmake/write_sql.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/write_sql.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${source} ${generated}/${header})
  target_include_directories(${target} PUBLIC ${generated})
endfunction()
