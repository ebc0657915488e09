<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:intermediate_server.permission_list:v1" xmlns="urn:renkei:permission.list:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:permissionList">
    <list>
      <version><xsl:value-of select="i:ListVersion"/></version>
      <valid_from><xsl:value-of select="i:ValidFrom"/></valid_from>
      <valid_until><xsl:value-of select="i:ValidUntil"/></valid_until>
      <xsl:for-each select="i:Combination">
        <combination>
          <inquirer><xsl:value-of select="i:InquirerCode"/></inquirer>
          <procedure><xsl:value-of select="i:ProcedureCode"/></procedure>
          <provider><xsl:value-of select="i:ProviderCode"/></provider>
          <data_item><xsl:value-of select="i:SpecificPersonalInformationCode"/></data_item>
        </combination>
      </xsl:for-each>
    </list>
  </xsl:template>
</xsl:stylesheet>
