-- Run by follow.sh in each session. COPY writes dates, numbers and characters as the session has it: the same on both sides, whatever
-- their databases and roles are set to. That a table exists already is no news.
SET client_encoding = 'UTF8';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
SET extra_float_digits = 1;
SET client_min_messages = 'warning';
