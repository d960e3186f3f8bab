"""Papers that the program drafts for the board: the report on plans (.docx) and the working table (.xlsx), in Vietnamese only.

Their words stand here and not in bot/texts: an official paper has one language, prescribed headings and a layout that
belongs to them, and it is written as a file; the catalogues hold what is said in chats, in three languages.
"""
