"""How queries arrive: one file per scenario, found by its name. The words are MLPerf LoadGen's."""
