/* The floor: the statements of a run's life through SQLite's C interface, each one a transaction.
 *
 * raw DATABASE RUNS SETUP ENQUEUE CLAIM BEAT COMPLETE; prints the seconds that it took as JSON.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static sqlite3 *database;

static double now(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return (double)moment.tv_sec + (double)moment.tv_nsec / 1e9;
}

static void check(int met) {
    if (!met) {
        fprintf(stderr, "%s\n", sqlite3_errmsg(database));
        exit(1);
    }
}

static sqlite3_stmt *prepared(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) ==
          SQLITE_OK);
    return statement;
}

/* Runs a statement with one number, the time, and the run where it has a place for one. */
static sqlite3_int64 done(sqlite3_stmt *statement, sqlite3_int64 run) {
    sqlite3_int64 answer = -1;
    int state;
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)(now() * 1e9));
    if (sqlite3_bind_parameter_count(statement) > 1)
        sqlite3_bind_int64(statement, 2, run);
    while ((state = sqlite3_step(statement)) == SQLITE_ROW)
        answer = sqlite3_column_int64(statement, 0);
    check(state == SQLITE_DONE);
    sqlite3_reset(statement);
    return answer;
}

int main(int count, char **arguments) {
    if (count != 8)
        return 2;
    check(sqlite3_open(arguments[1], &database) == SQLITE_OK);
    check(sqlite3_exec(database, arguments[3], NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_stmt *enqueue = prepared(arguments[4]), *claim = prepared(arguments[5]);
    sqlite3_stmt *beat = prepared(arguments[6]), *complete = prepared(arguments[7]);
    double began = now();
    for (int runs = atoi(arguments[2]); runs > 0; runs--) {
        done(enqueue, 0);
        sqlite3_int64 run = done(claim, 0);
        for (int beats = 0; beats < 3; beats++)
            done(beat, run);
        done(complete, run);
    }
    printf("{\"seconds\": %.6f}\n", now() - began);
    return 0;
}
